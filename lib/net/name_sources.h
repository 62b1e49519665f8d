// The resolver's sources of host names (nsswitch.conf(5)), and lookups in only one of them.
#pragma once

#include <string>
#include <vector>

#include "system/result.h"

namespace sockbox::net {

// Fails if the "hosts:" line of nsswitch.conf is empty, so that no name can be resolved: glibc 2.36
// crashes at the second attempt. The file is read once per process. Always succeeds on Windows.
Status check_name_sources();

// The sources of the "hosts:" line in order, such as "files" and "dns", without the conditions
// ("[NOTFOUND=return]"). Fails with std::errc::not_supported unless the C library is glibc.
Result<std::vector<std::string>> name_sources();

// Makes all later lookups of this process query only this source. Must not be called while another
// thread is starting a lookup. glibc only, as above.
Status use_name_source(const std::string& source);

// Makes later lookups query all sources again, but without the conditions between them. The same
// thread rule applies.
void use_all_name_sources();

// The domains that the resolver appends to names: the search list of resolv.conf(5), or LOCALDOMAIN
// if it is set; at most six. Empty on Windows.
std::vector<std::string> search_domains();

}  // namespace sockbox::net
