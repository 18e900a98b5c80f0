//! What is known of the whole territory besides what its cells want.

use kernels::plane::Plane;
use nomenclature::UpdateTables;
use nomenclature::evidence::Layer;

use crate::context::Context;
use crate::cube::{self, Quantity};
use crate::error::Error;

/// What a decision needs of the whole territory: regions, objects and buildings know no block, and any
/// of them may decide about cells at its other end. Their runs are all that is held of them.
pub(super) struct Known {
    /// The couples that cells start from.
    pub(super) prior: Plane<u16>,
    /// The objects that cells start from.
    pub(super) object: Plane<u32>,
    /// True where there is imagery.
    pub(super) valid: Plane<bool>,
    /// Where the layers whose objects change as wholes have something.
    pub(super) footprints: Vec<Plane<bool>>,
    /// True on ground that is as somebody corrected it; `None` when nothing was corrected.
    pub(super) locked: Option<Plane<bool>>,
}

impl Known {
    pub(super) fn read(ctx: &Context, tables: &UpdateTables) -> Result<Self, Error> {
        let objects = Quantity::start_object(ctx.config);
        let object = cube::read_runs(ctx, objects, |object: u32| object)?;
        let corrected = cube::noted(ctx, objects, cube::CORRECTED)?;
        let locked = || object.map(|object| cube::is_noted(&corrected, object));
        let footprints = tables.footprints().iter();
        Ok(Self {
            prior: cube::read_runs(ctx, Quantity::start(ctx.config), |cell: u16| cell)?,
            locked: (!corrected.is_empty()).then(locked),
            valid: cube::read_runs(ctx, Quantity::Valid, |cell: u8| cell != 0)?,
            footprints: footprints
                .map(|footprint| layers(ctx, &[footprint.layer]))
                .collect::<Result<_, _>>()?,
            object,
        })
    }
}

/// Where one of some layers of the evidence has something.
///
/// # Errors
/// The evidence is damaged.
pub(super) fn layers(ctx: &Context, layers: &[Layer]) -> Result<Plane<bool>, Error> {
    let evidence = cube::open::<u8>(ctx, Quantity::Evidence)?;
    cube::runs_of(ctx, &evidence.frame().grid, |window| {
        let mut any = ndarray::Array2::from_elem((window.rows, window.cols), false);
        for layer in layers {
            let cells = evidence.read_plane(layer.rank(), window)?;
            any.zip_mut_with(&cells, |any, &cell| *any |= cell != 0);
        }
        Ok(any)
    })
}
