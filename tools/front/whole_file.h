// Atomic writing of files, and the port file of a server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/result.h"

namespace sockbox::tools {

// Replaces a file atomically: a reader sees either the old or the complete new content. Writes
// PATH.new and renames it; follows a symbolic link. A device or pipe is opened and written
// directly. `action` begins the error message: "write port file".
net::Status write_whole(const std::string& path, std::string_view content, std::string_view action);

// Checks whether write_whole() would succeed, without changing the file: creates PATH.new and
// removes it. Always succeeds for a device or a pipe.
net::Status can_write_whole(const std::string& path, std::string_view action);

// A file with the port of a server, removed on destruction.
class PortFile {
  public:
    PortFile() = default;
    PortFile(const PortFile&) = delete;
    PortFile& operator=(const PortFile&) = delete;
    ~PortFile();

    // Removes the file, if write() created it and remove() was not called before. If the path is a
    // symbolic link, empties the target instead, so that no one mistakes the old port for one that
    // is served. If the file cannot be removed, empties it and fails; the error's hint states
    // whether that worked.
    net::Status remove();

    // Writes the port and a newline atomically, as write_whole() does.
    net::Status write(const std::string& path, std::uint16_t port);

  private:
    std::string path_;
};

}  // namespace sockbox::tools
