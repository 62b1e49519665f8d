// The file in which a server leaves its port for those that wait for it.
#pragma once

#include <cstdint>
#include <string>

#include "system/result.h"

namespace sockbox::tools {

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
