//! Tables as JSON: numbers keep every decimal of the printed form.

use serde_json::{Map, Number, Value, json};

use super::{Cell, Table};

/// A table as `{ name, title, columns: [{ key, header, unit }], rows: [{ key: value }] }`.
pub fn value(table: &Table) -> Value {
    let rows: Vec<Value> = table
        .rows
        .iter()
        .map(|row| {
            let pairs = table.columns.iter().zip(row);
            Value::Object(
                pairs.map(|(c, cell)| (c.key.clone(), field(cell))).collect::<Map<_, _>>(),
            )
        })
        .collect();
    json!({ "name": table.name, "title": table.title, "columns": table.columns, "rows": rows })
}

fn field(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::String(text.clone()),
        Cell::Integer(value) => Value::from(*value),
        _ => cell.number().and_then(Number::from_f64).map_or(Value::Null, Value::Number),
    }
}
