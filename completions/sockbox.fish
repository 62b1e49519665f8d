# fish completion for sockbox and its commands. Each command completes its own command line: see
# tools/front/completion.h for what --complete prints.

function __sockbox_complete
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    set before[1] (string replace -r '^~(?=/)' -- $HOME $before[1])
    set -l lines ($before[1] --complete="$typed" $before[2..] 2>/dev/null </dev/null)
    set -l option (string match -r '^--[a-z0-9-]+=' -- $typed)
    set -l found
    switch "$lines[1]"
        case words parts
            string join \n -- $lines[2..]
        case files
            set found (__fish_complete_path (string replace -- "$option" '' $typed))
        case hosts
            set found (__fish_print_hostnames)
        case users
            set found (__fish_complete_users)
        case services
            set found (string match -rg '^(\w[^\s#]*)\s' </etc/services 2>/dev/null)
        case command
            set -l dashes (contains -i -- -- $before)
            complete -C "$(string join ' ' -- (string escape -- $before[(math $dashes + 1)..])) $typed"
    end
    string join \n -- "$option"$found
end

for command in sockbox showip sockopt echod udpecho tcpecho
    complete -c $command -f -k -a '(__sockbox_complete)'
end
