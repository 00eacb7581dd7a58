//! Whether a comment says why, or only what the code does.

/// Whether a comment gives a reason: it says why, or that something is meant, or it is about what goes wrong. "load the
/// service" only says once more what the code below it does.
pub(crate) fn is_reason(text: &str) -> bool {
    let looks_like_code =
        text.ends_with(';') || text.ends_with('{') || text.contains("();") || text.starts_with("let ");
    if looks_like_code || text.starts_with("linger:") {
        return false;
    }
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .map(|word| word.trim_matches('\'').replace('’', "'").to_lowercase())
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect();
    if words.iter().any(|word| STANDS_ALONE.iter().any(|stem| word.starts_with(stem))) {
        return true;
    }
    // What is still to be done is no reason for how it is.
    if words.iter().any(|word| WORK.contains(&word.as_str())) {
        return false;
    }
    let prose = words.iter().filter(|word| word.chars().count() >= 2).count();
    // What is written in another language is not understood.
    if !text.is_ascii() && words.iter().any(|word| word.chars().any(|c| !c.is_ascii() && c.is_alphabetic())) {
        return prose >= 3;
    }
    prose >= 2 && (text.contains("://") || explains(&words))
}

fn explains(words: &[String]) -> bool {
    let has = |list: &str, test: &dyn Fn(&str) -> bool| list.split_whitespace().any(test);
    words.iter().any(|word| {
        has(WORDS, &|known| known == word)
            || has(STEMS, &|stem| word.starts_with(stem))
            || word.ends_with("n't")
    }) || words.windows(2).any(|pair| {
        let pair = pair.join("-");
        has(PAIRS, &|known| known == pair)
    })
}

/// Beginnings of words each of which is a reason by itself.
const STANDS_ALONE: &[&str] = &["ignor", "intentional", "deliberate", "harmless", "benign", "besteffort"];

/// Marks of work to do.
pub(crate) const WORK: [&str; 3] = ["todo", "fixme", "xxx"];

/// Words that give a reason, or state how things are.
const WORDS: &str = "\
    because cause since so therefore thus hence why reason due otherwise else avoid avoids avoiding prevent \
    prevents ensure ensures guarantee sure workaround hack note nb issue bug see per effort \
    purpose purposely fine ok okay safe safely care cares matter matters optional optionally silently \
    quietly forget noop op nothing nobody anyone desired meant want wanted acceptable allowed enough \
    sufficient simply just keep keeps let lets if unless until when whenever once while even still anyway \
    anyways regardless although though but however instead rather except either whatever whether without \
    never always only already yet too not no none neither nor cannot can could may maybe might must should \
    would won't possible possibly impossible unlikely likely probably hopefully usually sometimes best need \
    needs needed necessary unnecessary useless rely relies err panic panics race races racy hold holds \
    holding held hang hangs stuck gone dead lost lose losing loses closed missing brief briefly short quick \
    quickly cheap fast instant instantly immediate immediately slow forever life lifetime alive zombie zombies";

/// Beginnings of such words.
const STEMS: &str = "\
    expect unexpect assum error fail block nonblock drop leak wait await orphan detach swallow discard \
    suppress skip tolera deadlock interrupt abort cancel terminat disconnect shutdown invalid corrupt broken \
    crash retr fallback timeout guarantee bounded background synchron asynchron concurren parallel reap";

/// Words that give a reason together.
const PAIRS: &str = "\
    as-it as-we as-the as-this as-that as-they as-there as-a in-case in-order is-done on-exit by-design to-make \
    to-allow to-be shut-down time-out at-least at-most";

#[cfg(test)]
mod tests {
    use super::is_reason;

    #[test]
    fn a_comment_that_only_narrates_is_no_reason() {
        for text in [
            "update memory limit",
            "TODO: use a meaningful context",
            "TODO: handle the error",
            "FIXME: this can fail, we should look at the status",
            "Load the service",
            "execute ls command to update access time",
            "dmsetup create windows-snapshot-1 --table '0 41943040 snapshot /dev/mapper/base'",
            "std::fs::remove_file(path)?;",
        ] {
            assert!(!is_reason(text), "{text}");
        }
    }

    #[test]
    fn a_comment_that_says_why_is_one() {
        for text in [
            "ignore failure",
            "best-effort",
            "the peer may be gone",
            "Fails when there is no such table.",
            "don't care",
            "see https://example.org/issue/1",
            "этот файл может отсутствовать",
        ] {
            assert!(is_reason(text), "{text}");
        }
    }
}
