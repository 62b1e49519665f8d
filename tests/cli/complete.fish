# Usage: fish --no-config complete.fish DIRECTORY PATH LINE: prints what Tab offers after LINE.
source $argv[1]/sockbox.fish
set -gx PATH $argv[2] $PATH
complete -C $argv[3] | string replace -r '\t.*' ''
