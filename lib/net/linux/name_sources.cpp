// Name sources of glibc.
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <span>
#include <sstream>

#include "net/name_sources.h"
#include "system/platform.h"
#ifdef __GLIBC__
#include <nss.h>
#endif

namespace sockbox::net {
namespace {

// The rest of a line of nsswitch.conf for host names; nullopt for any other line. As glibc does, it
// accepts a space in place of the colon.
std::optional<std::string> hosts_entry(std::string line) {
    line.erase(std::min(line.find('#'), line.size()));
    const std::size_t start = std::min(line.find_first_not_of(" \t"), line.size());
    const std::size_t end = line.find_first_of(": \t", start);
    if (end == line.npos || line.compare(start, end - start, "hosts") != 0)
        return std::nullopt;
    line.erase(0, end + 1);
    for (std::size_t open = 0; (open = line.find('[')) != line.npos;)
        line.erase(open, std::min(line.find(']', open), line.size() - 1) + 1 - open);
    return line;
}

// The sources on the "hosts:" line of nsswitch.conf, without comments and conditions. Of several
// such lines glibc takes the last one, and it ignores a line that ends without a newline.
std::string hosts_line() {
    std::string sources = "files dns";  // the default without such a line (nsswitch.conf(5))
    std::ifstream file("/etc/nsswitch.conf");
    for (std::string line; std::getline(file, line) && !file.eof();)
        if (auto entry = hosts_entry(std::move(line)))
            sources = std::move(*entry);
    return sources;
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream rest(text);
    for (std::string word; rest >> word;)
        words.push_back(word);
    return words;
}

#ifndef __GLIBC__
tl::unexpected<Error> unsupported() {
    return fail({platform::error_of(std::errc::not_supported),
                 "query one source of names separately",
                 {},
                 {},
                 "this C library does not support it"});
}
#endif

}  // namespace

Status check_name_sources() {
    static const bool empty = words_of(hosts_line()).empty();
    if (!empty)
        return {};
    return fail({platform::error_of(std::errc::invalid_argument),
                 "resolve names",
                 {},
                 "/etc/nsswitch.conf names no source on its 'hosts:' line",
                 "the usual line is: hosts: files dns"});
}

Result<std::vector<std::string>> name_sources() {
#ifdef __GLIBC__
    if (auto usable = check_name_sources(); !usable)
        return fail(usable.error());
    return words_of(hosts_line());
#else
    return unsupported();
#endif
}

Status use_name_source(const std::string& source) {
#ifdef __GLIBC__
    // Not documented, but getent(1) relies on it for its option --service.
    if (::__nss_configure_lookup("hosts", source.c_str()) != 0)
        return fail_last("use source", source);
    return {};
#else
    static_cast<void>(source);
    return unsupported();
#endif
}

void use_all_name_sources() {
    static_cast<void>(use_name_source(hosts_line()));
}

std::vector<std::string> search_domains() {
    struct __res_state state {};
    if (::res_ninit(&state) != 0)
        return {};
    std::vector<std::string> domains;
    for (const char* domain : std::span(state.dnsrch).first(MAXDNSRCH))
        if (domain != nullptr)
            domains.emplace_back(domain);
    ::res_nclose(&state);
    return domains;
}

}  // namespace sockbox::net
