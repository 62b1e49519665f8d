# Usage: bash complete.bash DIRECTORY PATH WORD...: prints the completions of the last WORD.
# shellcheck source=/dev/null
source "$1/sockbox.bash"
PATH=$2:$PATH
shift 2
compopt() { :; } # the builtin only works during completion
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
function=$(complete -p "${1##*/}")
function=${function#*-F }
"${function%% *}"
printf '%s\n' "${COMPREPLY[@]}"
