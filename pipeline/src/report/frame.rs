//! What every page of the program shares: the document, its style, and the shape of its tables.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;

use crate::Error;

/// Fills a page: a template that extends `frame.html` and may import from `macros.html`.
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
    environment.add_template("frame.html", include_str!("frame.html")).map_err(failed)?;
    environment.add_template("macros.html", include_str!("macros.html")).map_err(failed)?;
    environment.add_template("parts.html", include_str!("parts.html")).map_err(failed)?;
    environment.add_template(name, template).map_err(failed)?;
    let style = include_str!("style.css");
    let page = environment.get_template(name).map_err(failed)?;
    page.render(context! { v => Serde(view), style }).map_err(failed)
}
