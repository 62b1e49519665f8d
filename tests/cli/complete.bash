# bash complete.bash FOLDER PATH WORD...: what Tab offers for the last WORD, one a line.
# shellcheck source=/dev/null
source "$1/sockbox.bash"
PATH=$2:$PATH
shift 2
compopt() { :; } # which bash allows only while it completes
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
function=$(complete -p "${1##*/}")
function=${function#*-F }
"${function%% *}"
printf '%s\n' "${COMPREPLY[@]}"
