// The sources of host names that the system's resolver goes through (nsswitch.conf(5)), each alone.
#pragma once

#include <string>
#include <vector>

#include "system/result.h"

namespace sockbox::net {

// The entries of the "hosts:" line, such as "files" and "dns", in their order and without their
// conditions. Fails where the C library has no such thing (std::errc::not_supported).
Result<std::vector<std::string>> name_sources();

// Lets every later lookup of this process ask this source only. Not to be called while a lookup
// begins in another thread.
Status use_name_source(const std::string& source);

// Undoes it: all sources again, though without the conditions between them.
void use_all_name_sources();

// The domains that the resolver tries after a name (the search list of resolv.conf(5), which
// LOCALDOMAIN replaces), of which the first six are told; none on Windows.
std::vector<std::string> search_domains();

}  // namespace sockbox::net
