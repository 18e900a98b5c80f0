//! Tables as one workbook: a sheet per family with all its levels, French headers, units, and a
//! sheet on the method.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
    XlsxError,
};

use super::{Cell, Table, Unit, family};
use crate::Error;

/// What the sheet `Méthode` says: pairs of a subject and its explanation, in order.
pub type Method = [(String, String)];

/// The bytes of `indicators.xlsx`.
///
/// Every number is stored with all the decimals of the CSV. The file holds no formula and no date
/// of its own: the same tables give the same bytes.
///
/// # Errors
/// [`Error::Internal`] when the writer refuses the content, such as more than 1,048,576 rows.
pub fn bytes(tables: &[Table], method: &Method) -> Result<Vec<u8>, Error> {
    workbook("Indicateurs d'occupation du sol et d'artificialisation", tables, method)
}

/// The bytes of a workbook of some title; see [`bytes`].
///
/// # Errors
/// As [`bytes`].
pub fn workbook(title: &str, tables: &[Table], method: &Method) -> Result<Vec<u8>, Error> {
    build(title, tables, method)
        .map_err(|error| Error::internal(format!("workbook `{title}`: {error}")))
}

fn build(title: &str, tables: &[Table], method: &Method) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A constant: the clock would make two runs differ.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    for table in family::families(tables) {
        sheet_of(workbook.add_worksheet(), &table)?;
    }
    method_sheet(workbook.add_worksheet(), method)?;
    workbook.save_to_buffer()
}

fn heading() -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(Color::RGB(0x1F_3A_4D))
        .set_font_color(Color::White)
        .set_border_bottom(FormatBorder::Thin)
}

/// Row 0: the title; row 1: French headers with units; row 2: the keys of the CSV; then the data.
fn sheet_of(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    sheet.set_name(family::sheet_name(&table.name))?;
    sheet.write_string_with_format(0, 0, &table.title, &Format::new().set_bold())?;
    let (heading, muted) = (heading(), Format::new().set_font_color(Color::Gray).set_italic());
    for (col, column) in (0_u16..).zip(&table.columns) {
        let header = match column.unit {
            Unit::None => column.header.clone(),
            unit => format!("{} ({})", column.header, unit.symbol()),
        };
        sheet.write_string_with_format(1, col, header, &heading)?;
        sheet.write_string_with_format(2, col, &column.key, &muted)?;
        sheet.set_column_width(col, width(table, usize::from(col)))?;
    }
    sheet.set_row_height(1, 48)?;
    for (row, cells) in (3_u32..).zip(&table.rows) {
        for (col, cell) in (0_u16..).zip(cells) {
            write(sheet, (row, col), cell)?;
        }
    }
    sheet.set_freeze_panes(3, 3.min(table.columns.len() as u16))?;
    let last = (2 + table.rows.len() as u32, (table.columns.len().max(1) - 1) as u16);
    sheet.autofilter(2, 0, last.0, last.1)?;
    Ok(())
}

fn write(sheet: &mut Worksheet, (row, col): (u32, u16), cell: &Cell) -> Result<(), XlsxError> {
    let format = match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => return sheet.write_string(row, col, text).map(|_| ()),
        Cell::Integer(_) => Format::new(),
        Cell::Fixed(_, decimals) => {
            let places = "0".repeat(*decimals as usize);
            let point = if places.is_empty() { "" } else { "." };
            Format::new().set_num_format(format!("#,##0{point}{places}"))
        }
        // At least two decimals are shown; the stored number has all of them.
        Cell::Area(_) | Cell::AreaPerYear(..) => Format::new().set_num_format("#,##0.00###"),
        Cell::Share(..) => Format::new().set_num_format("0.00####"),
    };
    if let Some(number) = cell.number() {
        sheet.write_number_with_format(row, col, number, &format)?;
    }
    Ok(())
}

fn method_sheet(sheet: &mut Worksheet, method: &Method) -> Result<(), XlsxError> {
    sheet.set_name("Méthode")?;
    sheet.set_column_width(0, 32)?;
    sheet.set_column_width(1, 110)?;
    sheet.write_string_with_format(0, 0, "Sujet", &heading())?;
    sheet.write_string_with_format(0, 1, "Explication", &heading())?;
    let (bold, wrapped) = (
        Format::new().set_bold().set_align(FormatAlign::Top),
        Format::new().set_text_wrap().set_align(FormatAlign::Top),
    );
    for (row, (subject, explanation)) in (1_u32..).zip(method) {
        sheet.write_string_with_format(row, 0, subject, &bold)?;
        sheet.write_string_with_format(row, 1, explanation, &wrapped)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn width(table: &Table, col: usize) -> f64 {
    let rows = table.rows.iter().map(|row| row[col].text().chars().count());
    let widest = rows.max().unwrap_or(0).max(table.columns[col].key.chars().count());
    (widest as f64 + 2.0).clamp(10.0, 44.0)
}
