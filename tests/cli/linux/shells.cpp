// Queries bash, fish and zsh for completions; extracts flags from help texts and manual pages.
#include "tests/cli/shells.h"

#include <unistd.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "paths.h"

namespace sockbox::test {
namespace {

const std::string source_dir = SOCKBOX_SOURCE_DIR;

std::string path_of(std::string_view shell) {
    for (const char* folder : {"/bin/", "/usr/bin/", "/usr/local/bin/"}) {
        std::string path = folder + std::string(shell);
        if (::access(path.c_str(), X_OK) == 0)
            return path;
    }
    return {};
}

std::string joined(const Words& words) {
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : " ") + word;
    return line;
}

}  // namespace

Names names_of(const Descriptions& descriptions) {
    Names names;
    for (const auto& [name, description] : descriptions)
        names.insert(name);
    return names;
}

bool Shell::is_here() const {
    return !path_of(name).empty();
}

Descriptions Shell::describes(const Words& words) const {
    Words call{path_of(name)};
    if (name == "fish")
        call.emplace_back("--no-config");
    if (name == "zsh")
        call.emplace_back("-f");
    call.push_back(source_dir + "/tests/cli/complete." + std::string(name));
    call.push_back(source_dir + "/completions");
    call.emplace_back(SOCKBOX_BIN_DIR);
    call.push_back(joined(words));
    // fish would make folders in the home directory.
    const Ran ran = Process(call, {"TERM=dumb", "LC_ALL=C.UTF-8", "HOME=/dev/null",
                                   "XDG_CONFIG_HOME=", "XDG_DATA_HOME="})
                        .wait();
    Descriptions offered;
    for (const std::string& line : lines(ran.out)) {
        const std::size_t tab = line.find('\t');
        if (!line.empty())
            offered[line.substr(0, tab)] = tab == line.npos ? "" : line.substr(tab + 1);
    }
    return offered;
}

Descriptions options_in_help(std::string_view help) {
    static const std::regex heading(
        "^  (?:(-[^-])(?:, )?|    )(--[a-z0-9-]+)?(?:\\[=[^ ]+| [^ ]+)?(?: {2,}(.*))?$");
    static const std::regex continuation("^ {28}([^ ].*)$");
    Descriptions options;
    Words latest;  // the spellings of the option that was seen last
    for (const std::string& line : lines(help)) {
        std::smatch found;
        std::string text;
        if (std::regex_match(line, found, continuation)) {
            text = found[1];
        } else if (std::regex_match(line, found, heading) &&
                   found[1].length() + found[2].length()) {
            latest.clear();
            for (const auto& name : {found[1], found[2]})
                if (name.length() > 0)
                    latest.push_back(name);
            text = found[3];
        } else {
            latest.clear();
        }
        for (const std::string& name : latest)
            options[name] += (options[name].empty() || text.empty() ? "" : " ") + text;
    }
    return options;
}

Names flags_in_help(std::string_view help) {
    return names_of(options_in_help(help));
}

Names flags_in_manual(std::string_view page) {
    static const std::regex flag("Fl (Fl )?([A-Za-z0-9-]+)");
    Names names;
    for (const std::string& line : lines(page)) {
        if (!line.starts_with(".It Fl "))
            continue;
        for (auto at = std::sregex_iterator(line.begin(), line.end(), flag);
             at != std::sregex_iterator(); ++at)
            names.insert(((*at)[1].matched ? "--" : "-") + (*at)[2].str());
    }
    return names;
}

std::string read_source(const std::string& path) {
    std::ifstream file(source_dir + "/" + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace sockbox::test
