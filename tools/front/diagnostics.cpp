// The text of `sockbox help diagnostics`.
#include "tools/front/diagnostics.h"

#include <fmt/format.h>

#include "system/hint.h"
#include "text/text.h"

namespace sockbox::tools {

std::string diagnostics(std::size_t columns) {
    std::string text =
        "What fails, what that usually means, and what to do about it.\n"
        "The commands print most of this as hints, with values in place of \"...\".\n";
    for (const net::HintGroup& group : net::hint_groups()) {
        text += fmt::format("\n{}:\n", group.title);
        for (const net::HintRow& row : group.rows) {
            text += fmt::format("  {}\n", row.failure);
            for (const std::string_view advice : {row.text, row.more})
                if (!advice.empty())
                    text += fmt::format("    {}\n", advice);
        }
    }
    return net::wrapped(text, columns);
}

}  // namespace sockbox::tools
