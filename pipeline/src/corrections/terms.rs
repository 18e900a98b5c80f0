//! The closed vocabularies of corrections: one word in files, one in French for people.

use nomenclature::Dimension;

/// A word of a closed list.
pub trait Term: Sized + Copy + Eq + 'static {
    /// All of them, in the order in which people choose.
    const ALL: &'static [Self];

    /// The word in files.
    fn key(self) -> &'static str;

    /// What people read.
    fn label(self) -> &'static str;

    /// The term of a word in files, in any case and between blanks.
    fn of_key(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL.iter().copied().find(|term| term.key().eq_ignore_ascii_case(text))
    }

    /// The words in files, for messages.
    fn keys() -> String {
        let keys: Vec<String> = Self::ALL.iter().map(|term| format!("`{}`", term.key())).collect();
        keys.join(", ")
    }
}

/// Gives each variant of an enum its word in files and its French one.
macro_rules! terms {
    ($($(#[$of_enum:meta])* $name:ident { $($(#[$of_term:meta])* $term:ident = $key:literal, $label:literal;)+ })+) => {$(
        $(#[$of_enum])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$of_term])* $term,)+
        }

        impl $crate::corrections::terms::Term for $name {
            const ALL: &'static [Self] = &[$(Self::$term,)+];

            fn key(self) -> &'static str {
                match self { $(Self::$term => $key,)+ }
            }

            fn label(self) -> &'static str {
                match self { $(Self::$term => $label,)+ }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.key())
            }
        }
    )+};
}
pub(crate) use terms;

terms! {
    /// What of an object a correction is about.
    Aim {
        /// Its cover.
        Cover = "cs", "Couverture";
        /// Its usage.
        Usage = "us", "Usage";
        /// Its outline, or that it is missing.
        Geometry = "geometry", "Géométrie";
    }

    /// What is wrong with an object.
    Kind {
        /// A code.
        Semantic = "semantic", "Code";
        /// An outline.
        Geometry = "geometry", "Contour";
        /// The map lacks it.
        Omission = "omission", "Objet manquant";
    }

    /// What a correction rests on.
    Origin {
        /// Somebody who knows the place.
        LocalCorrection = "local_correction", "Correction locale";
        /// A model's reading of the image and the evidence.
        Model = "model", "Modèle";
        /// Somebody's reading of the image.
        PhotoInterpretation = "photo_interpretation", "Photo-interprétation";
    }

    /// State of a report at IGN, as its Espace collaboratif has them.
    IgnStatus {
        /// Received.
        Submit = "submit", "Reçu dans nos services";
        /// Being treated.
        Pending = "pending", "En cours de traitement";
        /// Waiting for qualification.
        Pending0 = "pending0", "En attente de qualification";
        /// Waiting for capture.
        Pending1 = "pending1", "En attente de saisie";
        /// Waiting for validation.
        Pending2 = "pending2", "En attente de validation";
        /// Taken into account.
        Valid = "valid", "Pris en compte";
        /// Had been taken into account before.
        Valid0 = "valid0", "Déjà pris en compte";
        /// Out of specification.
        Reject = "reject", "Rejeté (hors spécification)";
        /// Out of scope.
        Reject0 = "reject0", "Rejeté (hors de propos)";
        /// A trial.
        Test = "test", "Test";
        /// None of them.
        Undefined = "undefined", "Indéfini";
    }

    /// How far a correction is, before any next version is looked at.
    Standing {
        /// Entered; nobody has decided.
        Proposed = "proposed", "Proposée";
        /// Reported to IGN, without an answer.
        Sent = "sent", "Transmise à l'IGN";
        /// Found right: by IGN, or by whoever reviewed it.
        Accepted = "accepted", "Acceptée";
        /// Found wrong or out of scope.
        Rejected = "rejected", "Rejetée";
    }

    /// What the next version made of a correction.
    Outcome {
        /// The proposed code is there.
        Applied = "applied", "Appliquée";
        /// It is there on a part of the ground.
        Partly = "partly", "Appliquée en partie";
        /// The code is what it was.
        Ignored = "ignored", "Sans suite";
        /// Another code is there, neither the old one nor the proposed one.
        Superseded = "superseded", "Autre code retenu";
        /// It cannot be told; the reason stands beside it.
        NotAssessable = "not_assessable", "Non évaluable";
    }

    /// What happened to a correction.
    Action {
        /// It was entered.
        Entered = "entered", "Inscription";
        /// Another source asked for the same.
        Seconded = "seconded", "Appui d'une autre source";
        /// IGN's answer, or another state of its report, was read.
        Answered = "answered", "Réponse de l'IGN";
        /// A source decided on it.
        Decided = "decided", "Décision d'une source";
        /// Its standing or a text was changed by hand.
        Edited = "edited", "Modification manuelle";
        /// It was applied to a vintage.
        Applied = "applied", "Application";
        /// Its application was taken back.
        Reverted = "reverted", "Annulation de l'application";
        /// A next version was looked at.
        Judged = "judged", "Verdict";
    }
}

impl Aim {
    /// The aim of a correction of a code of a dimension.
    pub fn of(dimension: Dimension) -> Self {
        match dimension {
            Dimension::Cover => Self::Cover,
            Dimension::Usage => Self::Usage,
        }
    }

    /// The dimension of the code; nothing for an outline.
    pub fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Cover => Some(Dimension::Cover),
            Self::Usage => Some(Dimension::Usage),
            Self::Geometry => None,
        }
    }
}

impl IgnStatus {
    /// The state behind a code or a French label, with or without accents and with or without what
    /// stands in brackets after it.
    pub fn of_text(text: &str) -> Option<Self> {
        fn stem(label: &str) -> &str {
            label.split('(').next().unwrap_or(label).trim_end()
        }
        let plain = plain(text);
        // Two states share their first word, and what follows it is written in several ways.
        let is_out_of_scope = stem(&plain) == "rejete" && plain.contains("propos");
        if is_out_of_scope {
            return Some(Self::Reject0);
        }
        Self::of_key(&plain).or_else(|| {
            let is_it = |status: &Self| stem(&self::plain(status.label())) == stem(&plain);
            Self::ALL.iter().copied().find(is_it)
        })
    }

    /// What it makes of a correction; nothing for a trial or a state that says nothing.
    pub fn standing(self) -> Option<Standing> {
        match self {
            Self::Submit | Self::Pending | Self::Pending0 | Self::Pending1 | Self::Pending2 => {
                Some(Standing::Sent)
            }
            Self::Valid | Self::Valid0 => Some(Standing::Accepted),
            Self::Reject | Self::Reject0 => Some(Standing::Rejected),
            Self::Test | Self::Undefined => None,
        }
    }
}

/// Lower case, French accents taken off, blanks at the ends and between words made one.
pub fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let bare = lower.chars().map(|c| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        '’' => '\'',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    let bare: String = bare.collect();
    bare.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each_is_found_by_its_key<T: Term + std::fmt::Debug>() {
        for &term in T::ALL {
            assert_eq!(T::of_key(&format!(" {} ", term.key().to_uppercase())), Some(term));
            assert!(!term.label().is_empty());
        }
        assert_eq!(T::of_key("other"), None);
    }

    #[test]
    fn words_in_files_name_their_term() {
        each_is_found_by_its_key::<Aim>();
        each_is_found_by_its_key::<Kind>();
        each_is_found_by_its_key::<Origin>();
        each_is_found_by_its_key::<IgnStatus>();
        each_is_found_by_its_key::<Standing>();
        each_is_found_by_its_key::<Outcome>();
        each_is_found_by_its_key::<Action>();
    }

    #[test]
    fn a_state_is_read_as_a_code_or_as_people_see_it() {
        for (text, status) in [
            ("valid0", IgnStatus::Valid0),
            ("Déjà pris en compte", IgnStatus::Valid0),
            ("PRIS EN COMPTE", IgnStatus::Valid),
            ("En  attente de saisie ", IgnStatus::Pending1),
            ("rejete", IgnStatus::Reject),
            ("Rejeté (hors spéc.)", IgnStatus::Reject),
            ("Rejeté (hors propos)", IgnStatus::Reject0),
        ] {
            assert_eq!(IgnStatus::of_text(text), Some(status), "{text}");
        }
        for &status in IgnStatus::ALL {
            assert_eq!(IgnStatus::of_text(status.label()), Some(status));
        }
        assert_eq!(IgnStatus::of_text("peut-être"), None);
        assert_eq!(IgnStatus::of_text(""), None);
        assert_eq!(IgnStatus::Valid.standing(), Some(Standing::Accepted));
        assert_eq!(IgnStatus::Test.standing(), None);
    }
}
