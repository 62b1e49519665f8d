// The frame of HTML pages.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace sockbox::report {

// Escapes text from the user or the network, so that it cannot become markup.
std::string escape_html(std::string_view text);

// The page up to the start of its body. It follows the reader's light or dark theme, and is loaded
// again every `refresh`, unless that is 0.
std::string open_page(std::string_view title, std::chrono::seconds refresh = {});
inline constexpr std::string_view page_end = "</body>\n</html>\n";

}  // namespace sockbox::report
