//! What the features of the classifier are called in French.

/// What a feature is; a feature of another version keeps its name.
pub fn feature(name: &str) -> String {
    known(name).unwrap_or_else(|| name.to_owned())
}

fn known(name: &str) -> Option<String> {
    if let Some(subject) = plain(name) {
        return Some(subject.to_owned());
    }
    let (rest, side) = name.rsplit_once('_')?;
    if let Ok(side) = side.parse::<u32>() {
        let (subject, measure) = rest.rsplit_once('_')?;
        let measure = match measure {
            "mean" => "moyenne",
            "std" => "écart-type",
            _ => return None,
        };
        return Some(format!("{}, {measure} sur {side} × {side} cellules", plain(subject)?));
    }
    (side == "std").then_some(())?;
    Some(format!("{}, écart-type dans la cellule", plain(rest)?))
}

fn plain(name: &str) -> Option<&'static str> {
    Some(match name {
        "red" => "Rouge",
        "green" => "Vert",
        "blue" => "Bleu",
        "nir" => "Proche infrarouge",
        "ndvi" => "Indice de végétation (NDVI)",
        "ndwi" => "Indice d'eau (NDWI)",
        "brightness" => "Luminosité",
        "saturation" => "Saturation des couleurs",
        "red_share" => "Part du rouge",
        "blue_share" => "Part du bleu",
        "gradient" => "Contraste avec les voisines",
        "fine" => "Détail plus fin que la cellule",
        "height" => "Hauteur au-dessus du sol",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kernels::features::feature_names;

    use super::*;

    #[test]
    fn every_feature_has_words_of_its_own() {
        let names = feature_names(true);
        let words: BTreeSet<_> = names.iter().map(|name| known(name).expect(name)).collect();
        assert_eq!(words.len(), names.len());
        assert_eq!(
            feature("ndvi_std_27"),
            "Indice de végétation (NDVI), écart-type sur 27 × 27 cellules"
        );
        assert_eq!(feature("nir_std"), "Proche infrarouge, écart-type dans la cellule");
        assert_eq!(feature("of_another_version"), "of_another_version");
    }
}
