
# `cargo linger …` is completed like `cargo-linger …`; everything else behind cargo as it was before.
_cargo_linger_completes_cargo=$(complete -p cargo 2>/dev/null | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
_cargo_linger_behind_cargo() {
    if [[ $COMP_CWORD -gt 1 && "${COMP_WORDS[1]}" == linger ]]; then
        COMP_WORDS=(cargo-linger "${COMP_WORDS[@]:2}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _cargo_linger cargo-linger "$2" "$3"
        return
    fi
    # bash-completion loads cargo's own completion only when it is asked for, which is now.
    if [[ -z "$_cargo_linger_completes_cargo" ]] && declare -F _completion_loader >/dev/null; then
        _completion_loader cargo
        complete -F _cargo_linger_behind_cargo -o bashdefault -o default cargo
        _cargo_linger_completes_cargo=_cargo
    fi
    if declare -F "$_cargo_linger_completes_cargo" >/dev/null; then
        "$_cargo_linger_completes_cargo" "$@"
    fi
}
# Sourced twice, it must not call itself.
if [[ "$_cargo_linger_completes_cargo" != _cargo_linger_behind_cargo ]]; then
    complete -F _cargo_linger_behind_cargo -o bashdefault -o default cargo
else
    _cargo_linger_completes_cargo=
fi
