// How much memory the results of a measurement may take.
#pragma once

#include <cstdint>

namespace sockbox::stats {

// `full`: for a few servers measured in depth, about 100 KiB each. `compact`: for thousands of
// servers watched side by side, about 10 KiB each; percentiles are less precise, and fewer of the
// lost sequence numbers are listed.
enum class Detail : std::uint8_t { full, compact };

}  // namespace sockbox::stats
