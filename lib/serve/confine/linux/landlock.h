// Landlock: no file can be opened any more, and no TCP port bound or connected to.
#pragma once

#include <string>
#include <vector>

#include "system/result.h"

namespace sockbox::serve {

// Applies as much of landlock(7) as this kernel supports. The files in `removable`, and any others
// in their directories, can still be removed. Fails if the kernel does not support it at all.
net::Status enter_landlock(const std::vector<std::string>& removable);

}  // namespace sockbox::serve
