// Name sources of glibc.
#include <netdb.h>
#include <resolv.h>

#include <fstream>
#include <span>
#include <sstream>

#include "net/name_sources.h"
#include "system/platform.h"
#ifdef __GLIBC__
#include <nss.h>
#endif

namespace sockbox::net {
namespace {

// The sources on the "hosts:" line of nsswitch.conf, without comments and conditions.
std::string hosts_line() {
    std::ifstream file("/etc/nsswitch.conf");
    for (std::string line; std::getline(file, line);) {
        line.erase(std::min(line.find('#'), line.size()));
        const std::size_t start = line.find_first_not_of(" \t");
        if (start == line.npos || line.compare(start, 6, "hosts:") != 0)
            continue;
        line.erase(0, start + 6);
        for (std::size_t open = 0; (open = line.find('[')) != line.npos;)
            line.erase(open, std::min(line.find(']', open), line.size() - 1) + 1 - open);
        return line;
    }
    return "files dns";  // the default without such a line (nsswitch.conf(5))
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

Result<std::vector<std::string>> name_sources() {
#ifdef __GLIBC__
    std::vector<std::string> sources;
    std::istringstream words(hosts_line());
    for (std::string word; words >> word;)
        sources.push_back(word);
    return sources;
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
