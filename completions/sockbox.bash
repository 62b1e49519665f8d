# bash completion for sockbox and its commands. Each command completes its own command line: see
# tools/front/completion.h for what --complete prints.

# Splits the command line up to the cursor into $before and the word to complete, $typed. Bash splits
# it at '=' and ':', too: $piece is the last piece of $typed, which is what Bash replaces.
_sockbox_split() {
    local line=${COMP_LINE:0:COMP_POINT} word rest i
    before=() typed='' piece=''
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%[![:space:]]*}"}
        if [[ $rest != "$line" || $i == 0 ]]; then
            ((i == 0)) || before+=("$typed")
            typed=''
        fi
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest
        line=${rest#"$word"}
        typed+=$word piece=$word
    done
    [[ ${piece//[=:]/} ]] || piece=''
}

_sockbox() {
    local before typed piece kind text at
    local lines=()
    COMPREPLY=()
    _sockbox_split
    before=("${before[@]//[\\\"\']/}") # without the quotes that were typed
    mapfile -t lines < <("${before[0]/#'~'/$HOME}" "--complete=${typed//[\\\"\']/}" \
        "${before[@]:1}" 2>/dev/null </dev/null)
    kind=${lines[0]-}
    case $kind in
    words | parts)
        for text in "${lines[@]:1}"; do
            text=${text%%$'\t'*}
            text=${text#"${typed%"$piece"}"}
            [[ -z $text ]] || COMPREPLY+=("$text")
        done
        [[ $kind == words ]] || compopt -o nospace
        ;;
    files)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$piece")
        ;;
    hosts) mapfile -t COMPREPLY < <(compgen -A hostname -- "$piece") ;;
    users) mapfile -t COMPREPLY < <(compgen -A user -- "$piece") ;;
    services) mapfile -t COMPREPLY < <(compgen -A service -- "$piece") ;;
    command)
        for ((at = 1; at < COMP_CWORD; at++)); do
            [[ ${COMP_WORDS[at]} != -- ]] || break
        done
        compopt -o filenames
        if ((at == COMP_CWORD - 1)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$piece")
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$piece")
        fi
        ;;
    esac
}

complete -F _sockbox sockbox showip sockopt echod udpecho tcpecho
