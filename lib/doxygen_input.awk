# Turns the comments of a header into those of Doxygen: a comment belongs to the declarations below it,
# up to the next blank line or comment, and one at the end of a line to that line. Comments in function
# bodies stay as they are. The text is plain: what Doxygen would take as a command is escaped. Left out
# are copying, moving, comparing and destroying without a comment, which do what they do in any class.

function plain(text) {
    gsub(/[\\@<>#&]/, "\\\\&", text)
    gsub(/%/, "%%", text)
    gsub(/::/, "\\::", text)
    return text
}

function is_conventional(code,   name) {
    if (code ~ /^ *(virtual )?~/ || code ~ /operator=\(/ || code ~ /operator(==|<=>)\(/)
        return 1
    name = code
    sub(/^ */, "", name)
    sub(/\(.*/, "", name)
    return code ~ "^ *" name "\\((const )?" name " ?&" || code ~ "^ *" name "\\(\\) noexcept( = default)?;"
}

# Counts the braces of a line of code, without those in strings and characters, and remembers what each
# of them opens: a scope, whose members are documented, or a body.
function count_braces(code,   i, mark) {
    gsub(/"([^"\\]|\\.)*"|'([^'\\]|\\.)'/, "", code)
    for (i = 1; i <= length(code); ++i) {
        mark = substr(code, i, 1)
        if (mark == "{") {
            opens_scope[++depth] = statement ~ /^ *(template *<[^{]*> *)?(namespace|class|struct|enum|union|extern)/
            shared[depth] = ""
            bodies += !opens_scope[depth]
        } else if (mark == "}") {
            bodies -= !opens_scope[depth--]
        }
    }
}

FNR == 1 {
    name = FILENAME
    sub(/^.*\/lib\//, "", name)
    sub(/^\/\/ /, "/// @file " name " ")
    print
    in_file_comment = 1
    next
}
in_file_comment && /^\/\// {
    print "/" $0
    next
}
{ in_file_comment = 0 }

bodies > 0 || /^ *#/ {
    print
    if (!/^ *#/) {
        sub(/\/\/.*/, "")
        count_braces($0)
    }
    next
}
/^ *$/ {
    shared[depth] = ""
    after_comment = 0
    print
    next
}
/^ *\/\// {
    text = $0
    sub(/^ *\/\/ ?/, "", text)
    is_code = text ~ /^    /
    if (!after_comment)
        shared[depth] = ""
    if (!is_code)
        shared[depth] = shared[depth] " " plain(text)
    after_comment = 1
    indent = $0
    sub(/\/\/.*/, "", indent)
    print indent "/// " (is_code ? text : plain(text))
    next
}
{
    code = $0
    comment = ""
    if (match(code, /  \/\/ /)) {
        comment = substr(code, RSTART + 5)
        code = substr(code, 1, RSTART - 1)
    }
    begins = statement == ""
    if (begins && comment == "" && !after_comment && code ~ /[;}]$/ && is_conventional(code)) {
        print ""
        next
    }
    is_end = code ~ /^ *}/ || code ~ /^ *(public|private|protected):/
    if (begins && !is_end && !after_comment && comment == "" && shared[depth] != "")
        printf "/**%s */ ", shared[depth]
    after_comment = 0
    statement = statement code
    printf "%s", code
    if (comment != "" && code !~ /^ *}  *$|^}/)
        printf "  ///< %s", plain(comment)
    print ""
    level = depth
    count_braces(code)
    if (depth != level || code ~ /[;,:}] *$/ && code !~ /\(.*,$/)
        statement = ""
}
