//! What parcels are made of, and the official couple each thing on the ground carries.

/// A cover code and a usage code of OCS GE 2.0, as written in a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Codes {
    /// Cover code.
    pub cs: &'static str,
    /// Usage code.
    pub us: &'static str,
}

const fn codes(cs: &'static str, us: &'static str) -> Codes {
    Codes { cs, us }
}

/// Cover code of buildings.
pub const BUILT: &str = "CS1.1.1.1";

/// What one thing looks like from above; it fixes the texture, and the codes but for buildings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Look {
    /// House under tiles.
    House,
    /// Terraced houses of an old centre under tiles.
    OldTown,
    /// Metal-clad hall of a factory or a depot.
    Factory,
    /// Flat-roofed shop or office.
    Shop,
    /// Barn.
    Barn,
    /// Gardens around houses.
    Garden,
    /// Mown public lawn with trees.
    Park,
    /// Sports ground.
    Pitch,
    /// Lawn of an activity zone.
    Verge,
    /// Car park and yards under asphalt.
    CarPark,
    /// Gravel yards of a factory.
    Gravel,
    /// Paved square of an old centre.
    Square,
    /// Earth works.
    WorkSite,
    /// Road under asphalt.
    Road,
    /// Railway on ballast.
    Rail,
    /// River, pond.
    Water,
    /// Ploughed or sown field.
    Arable,
    /// Meadow.
    Meadow,
    /// Vine in rows.
    Vine,
    /// Orchard in rows.
    Orchard,
    /// Scrub.
    Shrub,
    /// Broadleaved wood.
    Broadleaf,
    /// Broadleaved wood along a river.
    Riparian,
    /// Conifers.
    Conifer,
    /// Mixed wood.
    Mixed,
    /// Felled wood, not replanted.
    Felled,
    /// Abandoned grass.
    Wasteland,
    /// Quarry.
    Quarry,
    /// Bare rock.
    Rock,
}

impl Look {
    /// The official couple of a thing of this look.
    pub fn codes(self) -> Codes {
        match self {
            Self::House | Self::OldTown => codes(BUILT, "US5"),
            Self::Factory => codes(BUILT, "US2"),
            Self::Shop => codes(BUILT, "US3"),
            Self::Barn => codes(BUILT, "US1.1"),
            Self::Garden | Self::Park => codes("CS2.2.1", "US5"),
            Self::Pitch | Self::Verge => codes("CS2.2.1", "US3"),
            Self::CarPark => codes("CS1.1.1.2", "US3"),
            Self::Gravel => codes("CS1.1.2.1", "US2"),
            Self::Square => codes("CS1.1.1.2", "US5"),
            Self::WorkSite => codes("CS1.1.2.1", "US6.1"),
            Self::Road => codes("CS1.1.1.2", "US4.1.1"),
            Self::Rail => codes("CS1.1.2.1", "US4.1.2"),
            Self::Water => codes("CS1.2.2", "US6.3"),
            Self::Arable | Self::Meadow => codes("CS2.2.1", "US1.1"),
            Self::Vine => codes("CS2.1.3", "US1.1"),
            Self::Orchard => codes("CS2.1.2", "US1.1"),
            Self::Shrub => codes("CS2.1.2", "US6.3"),
            Self::Broadleaf => codes("CS2.1.1.1", "US1.2"),
            Self::Riparian => codes("CS2.1.1.1", "US6.3"),
            Self::Conifer => codes("CS2.1.1.2", "US1.2"),
            Self::Mixed => codes("CS2.1.1.3", "US1.2"),
            Self::Felled => codes("CS2.2.1", "US1.2"),
            Self::Wasteland => codes("CS2.2.1", "US6.3"),
            Self::Quarry => codes("CS1.1.2.1", "US1.3"),
            Self::Rock => codes("CS1.2.1", "US6.3"),
        }
    }

    /// Whether this is a building.
    pub fn is_building(self) -> bool {
        self.codes().cs == BUILT
    }
}

/// What one parcel is used for at one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParcelUse {
    /// Old centre: terraced houses along the streets around a square.
    Centre,
    /// Detached houses in gardens.
    Houses,
    /// Public park.
    Park,
    /// Sports ground.
    Sports,
    /// Shops and car parks.
    Shops,
    /// Factories and yards.
    Factories,
    /// Earth works before building.
    WorkSite,
    /// Land without building: its look says all.
    Open(Look),
}

impl ParcelUse {
    /// Whether streets run around the parcel.
    pub fn is_urban(self) -> bool {
        !matches!(self, Self::Open(_))
    }

    /// The look of the bare parcel, before anything is built on it.
    pub fn look(self) -> Look {
        match self {
            Self::Centre => Look::OldTown,
            Self::Houses => Look::Garden,
            Self::Park => Look::Park,
            Self::Sports => Look::Pitch,
            Self::Shops | Self::Factories => Look::Verge,
            Self::WorkSite => Look::WorkSite,
            Self::Open(look) => look,
        }
    }
}
