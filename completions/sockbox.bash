# bash completion for sockbox and its commands. The options, and which of them take a value, are read
# from --help all; the values of each option are in _sockbox_values.

# _sockbox_options PROGRAM…: prints a line for each spelling, ending with "=" if it takes a value.
_sockbox_options() {
    local line name takes pattern='^  (-[^-])?(, |    )?(--[a-z0-9-]+)?(\[=[^ ]+)?( [^ ]+)?(  |$)'
    "$@" --help all 2>/dev/null </dev/null | while IFS= read -r line; do
        [[ $line =~ $pattern ]] || continue
        takes=${BASH_REMATCH[5]:+=}
        for name in "${BASH_REMATCH[3]}" "${BASH_REMATCH[1]}"; do
            [[ -z $name ]] || printf '%s\n' "$name$takes"
        done
    done
}

# _sockbox_long SHORT PROGRAM…: prints the long spelling of a short option.
_sockbox_long() {
    local short=$1 long='' name
    shift
    while read -r name; do
        [[ ${name%=} != "$short" ]] || printf '%s\n' "$long"
        long=${name%=}
    done < <(_sockbox_options "$@")
}

# _sockbox_fill_names PROGRAM…: offers socket options, typed in any case, with or without prefix.
_sockbox_fill_names() {
    local name wanted=${cur^^}
    while read -r name _; do
        [[ $name == "$wanted"* || ${name#*_} == "$wanted"* ]] && COMPREPLY+=("$name")
    done < <("$@" --list 2>/dev/null </dev/null)
    compopt -o nospace
}

# _sockbox_fill WORDS: offers the words that begin with $cur.
_sockbox_fill() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

# _sockbox_values COMMAND OPTION: offers the values that begin with $cur.
_sockbox_values() {
    local before='' sockopt
    sockopt=("${program[@]}")
    sockopt[-1]=${sockopt[-1]%"${sockopt[-1]##*/}"}sockopt
    case $1:$2 in
    *:--color) _sockbox_fill 'auto always never' ;;
    echod:--engine) _sockbox_fill 'auto iterative thread pool poll fork epoll io_uring' ;;
    showip:--socktype) _sockbox_fill 'any stream dgram raw seqpacket' ;;
    showip:--protocol) _sockbox_fill 'tcp udp udplite icmp ipv6-icmp sctp' ;;
    showip:--flags)
        [[ $cur != *,* ]] || before=${cur%,*},
        cur=${cur##*,}
        _sockbox_fill 'passive canonname numerichost numericserv v4mapped all addrconfig idn canonidn'
        COMPREPLY=("${COMPREPLY[@]/#/$before}")
        ;;
    udpecho:--timestamps) _sockbox_fill 'kernel user' ;;
    udpecho:--stamp-format) _sockbox_fill 'ntp ptp' ;;
    udpecho:--stamp-request) _sockbox_fill 'location clock counts follow-up' ;;
    echod:--log-format) _sockbox_fill 'text json' ;;
    sockopt:--type) _sockbox_fill 'tcp udp unix unix-dgram raw mptcp sctp' ;;
    *:--set)
        _sockbox_fill_names "${sockopt[@]}"
        COMPREPLY=("${COMPREPLY[@]/%/=}")
        ;;
    *:--port-file | *:--file | *:--html | *:--hgrm | *:--stamp-key-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        ;;
    *:--bind | *:--source) _sockbox_fill '0.0.0.0 :: 127.0.0.1 ::1' ;;
    *:--port | *:--service) mapfile -t COMPREPLY < <(compgen -A service -- "$cur") ;;
    esac
}

# Completes the command that sockopt runs: the words after "--".
_sockbox_command() {
    local at
    for ((at = 1; at < COMP_CWORD; at++)); do
        [[ ${COMP_WORDS[at]} != -- ]] || break
    done
    ((at < COMP_CWORD)) || return 1
    if ((at == COMP_CWORD - 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}

# _sockbox_operands COMMAND: offers operands, but nothing for the value in NAME=VALUE.
_sockbox_operands() {
    case $1 in
    sockopt) [[ -n $is_value ]] || _sockbox_fill_names "${program[@]}" ;;
    showip | echo | udpecho) mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur") ;;
    esac
}

# Completes the first word after "sockbox" and after "sockbox help".
_sockbox_front() {
    local found
    if [[ $cur == -* ]]; then
        found=$(_sockbox_options "${program[@]}")
    elif ((COMP_CWORD <= 2)); then
        found=$("${program[@]}" --list 2>/dev/null </dev/null | cut -d ' ' -f 1)
        ((COMP_CWORD > 1)) || found+=' help'
    fi
    _sockbox_fill "$found"
}

_sockbox() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local program=("${COMP_WORDS[0]//[\\\"\']/}") # without the quotes that were typed
    local command=${program[0]##*/}
    COMPREPLY=()
    if [[ $command == sockbox ]]; then
        if ((COMP_CWORD == 1)) || [[ ${COMP_WORDS[1]} == help ]]; then
            _sockbox_front
            return
        fi
        command=${COMP_WORDS[1]}
        program+=("$command")
    fi
    [[ $command != tcpecho ]] || command='echo'

    if [[ $command == sockopt ]] && _sockbox_command; then
        return
    fi

    # Bash passes "--engine=epoll" as three words.
    local is_value=''
    [[ $cur != = && $previous != = ]] || is_value=1
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    [[ $previous != -[^-] ]] || previous=$(_sockbox_long "$previous" "${program[@]}")
    local options
    options=$(_sockbox_options "${program[@]}")
    if [[ $previous == -* && $'\n'$options$'\n' == *$'\n'"$previous="$'\n'* ]]; then
        _sockbox_values "$command" "$previous"
    elif [[ $cur == -* ]]; then
        _sockbox_fill "${options//=/}"
    else
        _sockbox_operands "$command"
    fi
}

complete -F _sockbox sockbox showip sockopt echod udpecho tcpecho
