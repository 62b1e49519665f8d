// The memory and the pipes that the connections of one loop share.
#pragma once

#include <span>
#include <vector>

#include "serve/engines/bulk_pipe.h"
#include "system/memory.h"

namespace sockbox::serve {

// Used by the thread of the loop only.
class BufferPool {
  public:
    static constexpr std::size_t buffer_bytes = 64 * 1024;

    BufferPool();

    // The buffer to receive into, empty if there was no memory for it. What a peer does not accept
    // at once has to be moved elsewhere.
    std::span<std::byte> buffer() noexcept { return {buffer_.get(), buffer_ ? buffer_bytes : 0}; }

    // buffer_bytes bytes, or null if memory runs out.
    net::Pages take_pages() noexcept;
    void give_back(net::Pages pages) noexcept;

    // The pipe to fill, which is empty; null if none can be had. If the peer does not accept all of
    // it at once, the connection takes the pipe.
    BulkPipe* pipe() noexcept;
    std::unique_ptr<BulkPipe> take_pipe() noexcept;
    void give_back(std::unique_ptr<BulkPipe> pipe) noexcept;

    // Whether some connection has pages or a pipe.
    bool in_use() const noexcept { return pages_taken_ > 0 || pipes_taken_ > 0; }

  private:
    net::Pages buffer_;
    std::vector<net::Pages> spare_pages_;
    std::unique_ptr<BulkPipe> pipe_;
    std::size_t pages_taken_ = 0;
    std::size_t pipes_taken_ = 0;
};

}  // namespace sockbox::serve
