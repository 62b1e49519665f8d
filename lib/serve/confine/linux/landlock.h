// Landlock: no file can be opened from here on, and no TCP port bound or connected to.
#pragma once

#include <string>
#include <vector>

#include "system/result.h"

namespace sockbox::serve {

// As much of landlock(7) as this kernel has. The files `removable` can still be removed, and any
// other in their folders. Fails where the kernel has none of it.
net::Status enter_landlock(const std::vector<std::string>& removable);

}  // namespace sockbox::serve
