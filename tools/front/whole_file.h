// Files that appear whole or not at all, and the port file of a server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/result.h"

namespace sockbox::tools {

// Writes it beside under another name and renames it, so that a reader sees all of `content`, or
// what was there before. What is no plain file, such as a device or a pipe, is written as it is.
// `action` names what failed: "write port file".
net::Status write_whole(const std::string& path, std::string_view content, std::string_view action);

// Whether that could be done now, as far as can be told without a change to what is there.
net::Status can_write_whole(const std::string& path, std::string_view action);

// Removes the file at the end, if it wrote one and that was not done before.
class PortFile {
  public:
    PortFile() = default;
    PortFile(const PortFile&) = delete;
    PortFile& operator=(const PortFile&) = delete;
    ~PortFile();

    // Removes what was written; the file that a link leads to is emptied instead, so that nobody
    // takes an old port for one that is served. So it is where the folder does not allow to remove
    // it, which is then told as a failure, its hint what became of it.
    net::Status remove();

    // Writes the port and an end of line, so that a reader sees all of it or no file.
    net::Status write(const std::string& path, std::uint16_t port);

  private:
    std::string path_;
};

}  // namespace sockbox::tools
