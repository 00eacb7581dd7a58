
# `cargo linger …` is completed like `cargo-linger …`.
complete -c cargo -n '__fish_seen_subcommand_from linger' -x -a "(complete -C (commandline -cp | string replace -r '^\s*\S*cargo\s+linger\b' cargo-linger))"
