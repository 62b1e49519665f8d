# Usage: bash complete.bash DIRECTORY PATH LINE: prints what Tab offers after LINE.
# shellcheck source=/dev/null
source "$1/sockbox.bash"
PATH=$2:$PATH
compopt() { :; } # the builtin only works during completion
COMP_LINE=$3
COMP_POINT=${#3}
# The words as Bash splits them: at blanks, and around each run of '=' and ':'.
COMP_WORDS=()
rest=$3
while [[ $rest =~ ^[[:space:]]*([=:]+|([^[:space:]=:\\]|\\.)+) ]]; do
    COMP_WORDS+=("${BASH_REMATCH[1]}")
    rest=${rest:${#BASH_REMATCH}}
done
[[ -z $rest ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
command=${COMP_WORDS[0]##*/}
function=$(complete -p "$command")
function=${function#*-F }
"${function%% *}"
printf '%s\n' "${COMPREPLY[@]}"
