//! The licence of an archive, in words of our own: its name, what it allows, where its text is.

use super::Request;
use crate::VERSION;

/// Name of the licence.
pub(crate) const NAME: &str = "Licence Ouverte / Open Licence 2.0";
/// Where its authors, Etalab, publish it.
pub(crate) const URL: &str = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/";

/// `LICENCE.txt`.
pub(super) fn text(request: &Request<'_>) -> String {
    let imprint = &request.orders.imprint;
    let producer = imprint.organisation.as_deref().unwrap_or("le producteur des données");
    let years: Vec<String> = request.result.facts().years.iter().map(u16::to_string).collect();
    format!(
        "{NAME} (Etalab), identifiant SPDX : etalab-2.0\n\
         {URL}\n\
         \n\
         En bref, sans valeur juridique : ces données peuvent être copiées, adaptées, diffusées et\n\
         exploitées, y compris à des fins commerciales, gratuitement et dans le monde entier, à\n\
         condition d'en citer la source et la date. Seul le texte publié à l'adresse ci-dessus fait\n\
         foi.\n\
         \n\
         Mention à reprendre :\n\
         {producer}, {product}, millésimes {years}, {NAME}\n\
         \n\
         Les données dont celles-ci sont issues gardent leur propre licence. Produit avec\n\
         millesime {VERSION}.\n",
        product = imprint.product,
        years = years.join(", "),
    )
}
