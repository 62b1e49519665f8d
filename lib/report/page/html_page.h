// The frame of HTML pages.
#pragma once

#include <string>
#include <string_view>

namespace sockbox::report {

// Escapes text from the user or the network, so that it cannot become markup.
std::string escape_html(std::string_view text);

// The page up to the start of its body. It follows the reader's light or dark theme.
std::string open_page(std::string_view title);
// The start of a page that is loaded again every five seconds, up to the line below its heading.
std::string open_live_page(std::string_view title, std::string_view heading);
inline constexpr std::string_view page_end = "</body>\n</html>\n";

}  // namespace sockbox::report
