//! The metadata record of an archive, filled from the result and the imprint.

use super::subject::Subject;
use super::{Archive, Vector, licence};
use crate::config::region_name;
use crate::error::{Error, InputError};
use crate::io::srs::Reprojection;
use crate::io::vector::VectorSource;
use crate::metadata::{Bounds, Measure, Record, denominator, identifier};
use crate::quality::{self, Quality};

/// The record, as XML.
///
/// # Errors
/// [`Error::Input`] when the data cannot be read or have no ground, [`Error::Mismatch`].
pub(super) fn xml(archive: &Archive<'_>) -> Result<String, Error> {
    let request = &archive.request;
    let (facts, imprint) = (request.result.facts(), &request.orders.imprint);
    let department = request.result.department()?;
    let region = region_name(department.region()).unwrap_or_default();
    let years = archive.subject.years();
    let organisation =
        imprint.organisation.clone().unwrap_or_else(|| "Producteur non renseigné".to_owned());
    let title = archive.subject.title();
    let assessed = assessed(archive)?;
    let record = Record {
        identifier: identifier(&archive.name, &organisation),
        name: archive.name.clone(),
        title: format!(
            "{} - {title}, département {} ({region})",
            imprint.product, facts.department
        ),
        summary: format!(
            "{title} du département {} ({region}), nomenclature « {} », règles « {} » ({}). Les \
             fichiers, leurs colonnes et la méthode sont décrits dans LISEZMOI.txt.",
            facts.department, facts.nomenclature.title, facts.rules.title, facts.rules.article,
        ),
        keywords: ["occupation du sol", "usage du sol", "artificialisation", "ZAN", region]
            .map(str::to_owned)
            .into(),
        organisation,
        email: imprint.email.clone(),
        edition: archive.edition(),
        epsg: facts.epsg,
        bounds: bounds(archive)?,
        first_year: years[0],
        last_year: archive.subject.year(),
        denominator: denominator(facts.tolerance_m),
        format: match archive.vector {
            Vector::GeoPackage => "GeoPackage",
            Vector::Shapefile => "Shapefile",
        },
        licence: licence::NAME,
        licence_url: licence::URL,
        lineage: lineage(archive, assessed.is_some()),
        measures: assessed.iter().flat_map(measures).collect(),
    };
    record.xml()
}

/// The ground of the data: the box of the first layer that has one.
///
/// The sides of a box bulge on a map of another projection: their middles count too.
fn bounds(archive: &Archive<'_>) -> Result<Bounds, Error> {
    let result = archive.request.result;
    let mut degrees = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    // An empty difference has no ground of its own: that of the territories stands for it.
    let territories = format!("territories_{}.gpkg", result.facts().department);
    let files = archive.subject.sources(result).into_iter().chain([territories]);
    for file in files.filter(|file| result.has(file)) {
        let path = result.file(&file)?;
        let layer = crate::io::vector::layer_names(&path)?.into_iter().next();
        let source = VectorSource::open(&path, layer.as_deref())?;
        let Some([west, south, east, north]) =
            source.extent().filter(|_| source.info().n_features > 0)
        else {
            continue;
        };
        let from = source.info().epsg.unwrap_or(result.facts().epsg);
        let way = Reprojection::new(&path, from, 4326)?;
        let (middle_x, middle_y) = (f64::midpoint(west, east), f64::midpoint(south, north));
        let mut x = [west, middle_x, east, west, east, west, middle_x, east];
        let mut y = [south, south, south, middle_y, middle_y, north, north, north];
        way.apply(&mut x, &mut y)?;
        for (x, y) in x.into_iter().zip(y) {
            degrees = [degrees[0].min(x), degrees[1].min(y), degrees[2].max(x), degrees[3].max(y)];
        }
        break;
    }
    if degrees.iter().any(|degree| !degree.is_finite()) {
        let fault = InputError::new(result.path(), "the data of this archive have no ground");
        return Err(fault.got(format!("{}: no feature", archive.name)).into());
    }
    Ok(Bounds::around(degrees))
}

/// What was found of the vintage of the archive, where somebody has looked; the difference of two
/// vintages is as right as neither of them alone.
fn assessed(archive: &Archive<'_>) -> Result<Option<Quality>, Error> {
    let (result, subject) = (archive.request.result, archive.subject);
    let name = quality::name(subject.year());
    if !matches!(subject, Subject::Vintage(_) | Subject::Artif(_)) || !result.has(&name) {
        return Ok(None);
    }
    Quality::of_result(&result.file(&name)?, subject.year()).map(Some)
}

/// The thematic accuracy of the data.
fn measures(quality: &Quality) -> Vec<Measure> {
    let Quality { places, .. } = quality;
    let measure = |[what, value, low, high]: [String; 4]| Measure {
        name: format!("Exactitude globale : {what}"),
        description: format!(
            "Part estimée du sol dont le code est juste, en pour cent ; intervalle à 95 % : {low} à \
             {high} ; {} points renseignés sur {}, échantillonnage aléatoire stratifié interprété en \
             aveugle (Olofsson et al. 2014).",
            places.answered, places.drawn
        ),
        percent: value,
    };
    quality.overall().into_iter().map(measure).collect()
}

/// Where the data come from, and what was controlled.
///
/// * `is_assessed`: whether the record holds measures of the thematic accuracy.
fn lineage(archive: &Archive<'_>, is_assessed: bool) -> String {
    let result = archive.request.result;
    let manifest = result.manifest();
    let inputs: Vec<&str> = manifest
        .inputs
        .keys()
        .filter_map(|name| name.rsplit('/').next())
        .take(SOURCES_SHOWN)
        .collect();
    let more = manifest.inputs.len().saturating_sub(inputs.len());
    let more = if more == 0 { String::new() } else { format!(" et {more} autres") };
    let how = match result.command() {
        "compare" => "Comparaison de millésimes livrés",
        _ => {
            "Millésime produit à partir de l'orthophotographie, des données vectorielles d'appui et \
             du millésime antérieur, dont seuls les contours du sol changé sont redessinés"
        }
    };
    format!(
        "{how}, par {}. {} fichiers en entrée : {}{more}. Contrôle qualité interne fait : {} lois \
         vérifiées à la production (couverture sans trou ni recouvrement, égalité exacte des stocks \
         et des flux à tous les niveaux), listées dans 5_QUALITE. La fiabilité thématique se mesure à \
         part, par échantillon aveugle ; {}.",
        result.made_by(),
        manifest.inputs.len(),
        inputs.join(", "),
        manifest.proofs.len(),
        if is_assessed {
            "la mesure est jointe à cette archive"
        } else {
            "aucune mesure n'est jointe à cette archive"
        },
    )
}

/// Inputs named in the lineage; the others are counted.
const SOURCES_SHOWN: usize = 20;
