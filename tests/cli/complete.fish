# Usage: fish --no-config complete.fish DIRECTORY PATH LINE: prints what Tab offers after LINE, and
# after a tab the description.
source $argv[1]/sockbox.fish
set -gx PATH $argv[2] $PATH
complete -C $argv[3]
