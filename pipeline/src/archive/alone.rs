//! A page of a result by itself, as an archive holds it.

/// How a link begins.
const LINK: &str = "<a href=\"";

/// A page without its links to files beside it; their words stay, as do links within the page.
pub(super) fn alone(page: &str) -> String {
    // Scripts come last, and the page names their hashes.
    let (body, scripts) = page.split_at(page.find("<script").unwrap_or(page.len()));
    let mut parts = body.split(LINK);
    let mut alone = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if part.starts_with('#') {
            alone.push_str(LINK);
            alone.push_str(part);
        } else {
            let words = part.split_once('>').map_or(part, |(_, words)| words);
            alone.push_str(&words.replacen("</a>", "", 1));
        }
    }
    alone + scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_other_files_become_words_and_scripts_stay_as_they_are() {
        let page = "<p><a href=\"#carte\">Carte</a> <a href=\"run.html\">Calcul</a>, puis \
                    <a href=\"territoires/epci_1.html\" title=\"x\">Une</a>.</p>\
                    <script>let a = '<a href=\"b.html\">b</a>';</script>";
        let expected = "<p><a href=\"#carte\">Carte</a> Calcul, puis Une.</p>\
                        <script>let a = '<a href=\"b.html\">b</a>';</script>";
        assert_eq!(alone(page), expected);
        assert_eq!(alone(expected), expected);
    }
}
