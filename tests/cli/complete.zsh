# Usage: zsh -f complete.zsh FUNCTIONS PATH LINE: prints what an interactive zsh offers after LINE,
# and after a tab the description.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "
PS1= PS2= PROMPT_EOL_MARK=
unset zle_bracketed_paste
path=(${(q)2} \$path) fpath=(${(q)1} \$fpath)
stty columns 300 rows 1000
LISTMAX=0
autoload -Uz compinit && compinit -u -D
offer() { print -r -- '<'BEGIN'>'; zle list-choices; BUFFER=; zle -R; print -r -- '<'END'>' }
zle -N offer
bindkey '^I' offer
print -r -- '<'READY'>'"
zpty -r -m shell output '*<READY>*'
zpty -w -n shell "$3"$'\t'
zpty -r -m shell output '*<END>*'
zpty -d shell
output=${${output#*<BEGIN>}%<END>*}
# Remove terminal control sequences.
output=${output//$'\e'\[[0-9;]#[A-Za-z]/}
setopt extended_glob
output=${output//$'\e'\[[0-9;]#[A-Za-z]/ }
for line in ${(f)output//$'\r'/$'\n'}; do
    description=
    [[ $line == *' -- '* ]] && description=$'\t'${${line#* -- }%%[[:space:]]#}
    for name in ${=line%% -- *}; do
        print -r -- $name$description
    done
done
