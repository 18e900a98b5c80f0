//! What a nomenclature says of its classes: code, name, colour and place in the tree.

use nomenclature::{ClassId, Dimension, Nomenclature, Rgb};
use serde::{Deserialize, Serialize};

/// The classes of both dimensions, in document order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legend {
    /// The covers.
    pub cs: Vec<Entry>,
    /// The usages.
    pub us: Vec<Entry>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its code.
    pub code: String,
    /// Its name.
    pub label: String,
    /// Its colour, as `#rrggbb`.
    pub colour: String,
    /// The code of the class above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Whether a delivered polygon may carry it.
    pub leaf: bool,
}

/// A class of a level and the leaves that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'a> {
    /// The class.
    pub class: &'a Entry,
    /// Codes of its leaves, in document order.
    pub leaves: Vec<&'a str>,
}

impl Legend {
    /// The legend of a nomenclature.
    pub fn of(nomenclature: &Nomenclature) -> Self {
        let entries = |dimension| {
            let code = |id: ClassId| nomenclature.code(dimension, id).to_owned();
            let classes = nomenclature.iter(dimension).map(|(_, class)| Entry {
                code: class.code.clone(),
                label: class.label.clone(),
                colour: class.colour.to_string(),
                parent: class.parent.map(code),
                leaf: class.leaf,
            });
            classes.collect()
        };
        Self { cs: entries(Dimension::Cover), us: entries(Dimension::Usage) }
    }

    /// The classes of a dimension.
    pub fn entries(&self, dimension: Dimension) -> &[Entry] {
        match dimension {
            Dimension::Cover => &self.cs,
            Dimension::Usage => &self.us,
        }
    }

    /// Number of levels of the tree of a dimension: classes on the longest way down to a leaf.
    pub fn depth(&self, dimension: Dimension) -> usize {
        let leaves = self.entries(dimension).iter().filter(|entry| entry.leaf);
        leaves.map(|leaf| self.line(dimension, leaf).len()).max().unwrap_or(0)
    }

    /// The classes of a level (from 1, the roots) with the leaves that each stands for; a leaf less
    /// deep than the level stands for itself.
    pub fn level(&self, dimension: Dimension, level: usize) -> Vec<Group<'_>> {
        let entries = self.entries(dimension);
        let mut groups: Vec<Group<'_>> =
            entries.iter().map(|class| Group { class, leaves: Vec::new() }).collect();
        for leaf in entries.iter().filter(|entry| entry.leaf) {
            let line = self.line(dimension, leaf);
            let rank = line[line.len() - level.clamp(1, line.len())];
            groups[rank].leaves.push(&leaf.code);
        }
        groups.retain(|group| !group.leaves.is_empty());
        groups
    }

    /// Ranks of a class and of those above it, nearest first.
    fn line(&self, dimension: Dimension, leaf: &Entry) -> Vec<usize> {
        let entries = self.entries(dimension);
        let rank = |code: &str| entries.iter().position(|entry| entry.code == code);
        std::iter::successors(rank(&leaf.code), |&at| entries[at].parent.as_deref().and_then(rank))
            // A tree is never deeper than it has classes: a cycle in a damaged file ends here.
            .take(entries.len())
            .collect()
    }
}

impl Entry {
    /// Its colour; middle grey when the file holds none.
    pub fn rgb(&self) -> Rgb {
        self.colour.parse().unwrap_or(Rgb::GREY)
    }

    /// Code and name, as legends show them.
    pub fn title(&self) -> String {
        format!("{} – {}", self.code, self.label)
    }
}
