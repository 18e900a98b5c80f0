//! What every page of the program shares: the document, its style, and the shape of its tables.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;

use crate::Error;

/// What a page may extend or import from: `page.html` is a frame with an interactive map.
const SHARED: [(&str, &str); 4] = [
    ("frame.html", include_str!("frame.html")),
    ("page.html", include_str!("page.html")),
    ("macros.html", include_str!("macros.html")),
    ("parts.html", include_str!("parts.html")),
];

/// Fills a page: a template that extends `frame.html` or `page.html`.
///
/// * `name`: of the page's file. It must end in `.html`, so that every value is escaped unless the
///   template says `safe`.
/// * `view`: what the template knows as `v`; the footer needs its `program`.
///
/// # Errors
/// [`Error::Internal`] when a template is wrong or needs what the view has not.
pub(crate) fn fill(name: &str, template: &str, view: impl Serialize) -> Result<String, Error> {
    let failed = |error: minijinja::Error| Error::internal(format!("{name}: {error:#}"));
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(failed)?,
    );
    for (name, template) in SHARED.into_iter().chain([(name, template)]) {
        environment.add_template(name, template).map_err(failed)?;
    }
    let style = include_str!("style.css");
    let page = environment.get_template(name).map_err(failed)?;
    page.render(context! { v => Serde(view), style }).map_err(failed)
}
