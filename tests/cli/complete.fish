# fish --no-config complete.fish FOLDER PATH LINE: what Tab offers after LINE, one a line.
source $argv[1]/sockbox.fish
set -gx PATH $argv[2] $PATH
complete -C $argv[3] | string replace -r '\t.*' ''
