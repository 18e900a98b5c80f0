//! A vintage at the level of another nomenclature, through the crosswalk; what is lost is counted.

use std::collections::BTreeMap;

use nomenclature::{ClassId, Couple, Crosswalk, Dimension, Meanings, Nomenclature};

use super::reader::place_of;
use super::{Vintage, key};
use crate::error::Error;
use crate::proof::{Area, Loss, Measures, Proof, Recoding};
use crate::repair::Repairs;
use crate::tally::Tally;

/// The codes that a vintage was written in, where it is compared in another nomenclature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Id of the nomenclature that it was written in.
    pub nomenclature: String,
    /// What its codes may stand for at the level of the comparison.
    pub meanings: Meanings,
    /// The couple of each polygon, in that nomenclature.
    couples: Vec<Couple>,
    /// The codes of that nomenclature in the order of its document: covers, usages.
    codes: [Vec<String>; 2],
}

impl Origin {
    /// The original codes of a polygon, cover and usage; empty where the file has none.
    pub fn codes(&self, polygon: u32) -> (&str, &str) {
        let couple = self.couples[polygon as usize];
        let code = |dimension: usize, id: ClassId| match usize::from(id.0).checked_sub(1) {
            Some(rank) => self.codes[dimension][rank].as_str(),
            None => "",
        };
        (code(0, couple.cs), code(1, couple.us))
    }
}

/// What a crosswalk could not carry over: polygons and doubled area, by code.
type Losses<'n> = BTreeMap<(Dimension, &'n str), (u64, i128)>;

impl Vintage {
    /// The same polygons with the classes of `common`; the original codes stay in
    /// [`Vintage::origin`], and in `code_or` of each object that has none and whose codes differ.
    ///
    /// A class that no class of `common` takes up becomes nodata, counted in `repairs` and `tally`
    /// with its area. Nothing happens when `own` is `common`. The proof tells what was carried over.
    ///
    /// # Errors
    /// No crosswalk leads from `own` to `common`.
    pub fn recode(
        &mut self,
        own: &Nomenclature,
        common: &Nomenclature,
        (repairs, tally): (&mut Repairs, &Tally),
    ) -> Result<Option<Proof>, Error> {
        if own == common {
            return Ok(None);
        }
        let unfit = |error: nomenclature::NomenclatureError| Error::Usage {
            what: error.to_string(),
            hint: error.hint(),
        };
        let crosswalk = Crosswalk::between(own, common).map_err(unfit)?;
        let meanings = Meanings::of(own, common).map_err(unfit)?;
        let couples = self.couples.clone();
        let losses = self.carry_over((own, common), &crosswalk, (repairs, tally));
        let codes = [Dimension::Cover, Dimension::Usage].map(|dimension| {
            own.classes(dimension).iter().map(|class| class.code.clone()).collect()
        });
        self.origin = Some(Origin { nomenclature: own.id().to_owned(), meanings, couples, codes });
        Ok(Some(self.proof(own, common, &losses)))
    }

    fn carry_over<'n>(
        &mut self,
        (own, common): (&'n Nomenclature, &Nomenclature),
        crosswalk: &Crosswalk,
        (repairs, tally): (&mut Repairs, &Tally),
    ) -> Losses<'n> {
        let mut losses = Losses::new();
        for (rank, couple) in self.couples.iter_mut().enumerate() {
            let polygon = &self.polygons[rank];
            let object = &mut self.objects[rank];
            let mut carry = |dimension, id: ClassId| {
                let target = crosswalk.map(dimension, id).unwrap_or(ClassId::NODATA);
                if target.is_nodata() && !id.is_nodata() {
                    let code = own.code(dimension, id);
                    let twice_area = polygon.twice_area();
                    let note = format!("{}, `{code}`, {}", own.id(), object.id);
                    let place = place_of(std::slice::from_ref(polygon));
                    repairs.count(tally, key::CODE_WITHOUT_IMAGE, place, twice_area, note);
                    let loss = losses.entry((dimension, code)).or_default();
                    *loss = (loss.0 + 1, loss.1 + twice_area);
                }
                target
            };
            let was = *couple;
            couple.cs = carry(Dimension::Cover, was.cs);
            couple.us = carry(Dimension::Usage, was.us);
            let codes = |nomenclature: &'_ Nomenclature, couple: Couple| {
                let code = |dimension, id| nomenclature.code(dimension, id).to_owned();
                [code(Dimension::Cover, couple.cs), code(Dimension::Usage, couple.us)]
            };
            let original = codes(own, was);
            if object.code_or.is_empty() && original != codes(common, *couple) {
                object.code_or = original.join("/");
            }
        }
        losses
    }

    fn proof(&self, own: &Nomenclature, common: &Nomenclature, losses: &Losses<'_>) -> Proof {
        let lost = losses.iter().map(|((_, code), &(polygons, twice_area))| Loss {
            code: (*code).to_owned(),
            polygons,
            area_m2: Area(twice_area),
        });
        let recoding = Recoding {
            polygons: self.n_polygons() as u64,
            read_in: own.id().to_owned(),
            compared_in: common.id().to_owned(),
            lost: lost.collect(),
        };
        Proof::new(Measures::CommonLevel(recoding)).of(self.year)
    }
}
