# fish completion for sockbox and its commands. The options, and which of them take a value, are read
# from --help all; the values of each option are in __sockbox_values.

# The words that start the command at the cursor: "echod", or "sockbox echod".
function __sockbox_program
    set -l words (commandline -opc)
    if test (path basename -- $words[1]) = sockbox; and set -q words[2]
        printf '%s\n' $words[1..2]
    else
        printf '%s\n' $words[1]
    end
end

# The name of that command; "echo" for tcpecho.
function __sockbox_command
    set -l program (__sockbox_program)
    path basename -- $program[-1] | string replace -r '^tcpecho$' echo
end

# A line for each option: short and long spelling, value name and help, separated by tabs.
function __sockbox_options
    set -l program (__sockbox_program)
    $program --help all 2>/dev/null </dev/null |
        string match -r '^  (?=    --|-)(?:-[^-])?(?:, |    )?(?:--[a-z0-9-]+)?(?:\[=[^ ]+)?(?: [^ ]+)?(?:  .*|$)' |
        string replace -r '^  (-[^-])?(?:, |    )?(--[a-z0-9-]+)?(?:\[=[^ ]+)?( [^ ]+)?(?: *)(.*)$' '$1\t$2\t$3\t$4'
end

function __sockbox_offer_options
    string match -q -- '-*' (commandline -ct); or return
    for line in (__sockbox_options)
        set -l parts (string split \t -- $line)
        for name in $parts[1..2]
            test -z "$name"; or printf '%s\t%s\n' $name $parts[4]
        end
    end
end

# The long (or else short) spelling of the option whose value is at the cursor; fails if there is none.
function __sockbox_option
    set -l words (commandline -opc)
    set -l word $words[-1]
    set -l current (commandline -ct)
    if set -l split (string match -rg '^(--[a-z0-9-]+)=' -- $current)
        set word $split
    end
    string match -q -- '-*' $word; or return 1
    for line in (__sockbox_options)
        set -l parts (string split \t -- $line)
        contains -- $word $parts[1..2]; and test -n "$parts[3]"; or continue
        printf '%s\n' $parts[2] $parts[1] | string match -r '.+' | head -n 1
        return 0
    end
    return 1
end

# The known socket options; $argv is the program that lists them.
function __sockbox_names
    $argv --list 2>/dev/null </dev/null | string match -r '^\S+'
end

function __sockbox_values
    set -l option (__sockbox_option); or return
    set -l program (__sockbox_program)
    set -l command (__sockbox_command)
    set -l before (commandline -ct | string match -rg '^(--[a-z0-9-]+=)')
    switch $command:$option
        case '*:--color'
            printf "$before%s\n" auto always never
        case echod:--engine
            printf "$before%s\n" auto iterative thread pool poll fork epoll io_uring
        case showip:--socktype
            printf "$before%s\n" any stream dgram raw seqpacket
        case showip:--protocol
            printf "$before%s\n" tcp udp udplite icmp ipv6-icmp sctp
        case showip:--flags
            set -l list passive canonname numerichost numericserv v4mapped all addrconfig idn canonidn
            set -l given (commandline -ct | string match -rg '^(.*[,=])')
            printf '%s\n' $given$list
        case udpecho:--timestamps
            printf "$before%s\n" kernel user
        case udpecho:--stamp-format
            printf "$before%s\n" ntp ptp
        case udpecho:--stamp-request
            printf "$before%s\n" location clock counts follow-up
        case echod:--log-format
            printf "$before%s\n" text json
        case sockopt:--type
            printf "$before%s\n" tcp udp unix unix-dgram raw mptcp sctp
        case '*:--set'
            set program[-1] (string replace -r '[^/]+$' sockopt -- $program[-1])
            printf "$before%s=\n" (__sockbox_names $program)
        case '*:--port-file' '*:--file' '*:--html' '*:--hgrm' '*:--stamp-key-file'
            __fish_complete_path (commandline -ct | string replace -r '^--[a-z0-9-]+=' '')
        case '*:--bind' '*:--source'
            printf "$before%s\n" 0.0.0.0 :: 127.0.0.1 ::1
        case '*:--port' '*:--service'
            string match -rg '^(\w[^\s#]*)\s' </etc/services 2>/dev/null
    end
end

function __sockbox_operands
    __sockbox_option >/dev/null; and return
    string match -q -- '-*' (commandline -ct); and return
    switch (__sockbox_command)
        case sockbox
            set -l words (commandline -opc)
            $words[1] --list 2>/dev/null </dev/null | string replace -r '^(\S+)\s+' '$1\t'
            printf 'help\tthe manual page of a command\n'
        case help
            set -l words (commandline -opc)
            test (count $words) -eq 2
            and $words[1] --list 2>/dev/null </dev/null | string replace -r '^(\S+)\s+' '$1\t'
        case sockopt
            # The command that sockopt runs follows "--".
            set -l words (commandline -opc)
            if set -l dashes (contains -i -- -- $words)
                set -e words[1..$dashes]
                complete -C "$(string join ' ' -- (string escape -- $words)) $(commandline -ct)"
            else
                __sockbox_names (__sockbox_program)
            end
        case showip echo udpecho
            __fish_print_hostnames
    end
end

for command in sockbox showip sockopt echod udpecho tcpecho
    complete -c $command -f -a '(__sockbox_offer_options)'
    complete -c $command -f -a '(__sockbox_values)'
    complete -c $command -f -a '(__sockbox_operands)'
end
