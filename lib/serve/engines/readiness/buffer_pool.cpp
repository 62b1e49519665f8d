// Keeps a few pages and pipes for the next slow peers.
#include "serve/engines/readiness/buffer_pool.h"

#include <utility>

namespace sockbox::serve {
namespace {

constexpr std::size_t spares = 16;  // of each kind

// Each costs two descriptors and up to 256 KiB of kernel memory.
constexpr std::size_t most_pipes = 64;

}  // namespace

BufferPool::BufferPool() : buffer_(net::allocate_pages(buffer_bytes)) {
    spare_pages_.reserve(spares);
    spare_pipes_.reserve(spares);
}

net::Pages BufferPool::take_pages() noexcept {
    net::Pages pages;
    if (spare_pages_.empty()) {
        pages = net::allocate_pages(buffer_bytes);
    } else {
        pages = std::move(spare_pages_.back());
        spare_pages_.pop_back();
    }
    if (pages)
        ++pages_taken_;
    return pages;
}

void BufferPool::give_back(net::Pages pages) noexcept {
    --pages_taken_;
    if (spare_pages_.size() < spares)
        spare_pages_.push_back(std::move(pages));
}

BulkPipe* BufferPool::pipe() noexcept {
    if (spare_pipes_.empty()) {
        auto made = pipes_taken_ < most_pipes ? BulkPipe::create() : nullptr;
        if (made == nullptr)
            return nullptr;
        spare_pipes_.push_back(std::move(made));
    }
    return spare_pipes_.back().get();
}

std::unique_ptr<BulkPipe> BufferPool::take_pipe() noexcept {
    ++pipes_taken_;
    auto pipe = std::move(spare_pipes_.back());
    spare_pipes_.pop_back();
    return pipe;
}

// A pipe with bytes of a connection that has ended is of no use to others.
void BufferPool::give_back(std::unique_ptr<BulkPipe> pipe) noexcept {
    --pipes_taken_;
    if (pipe->empty() && spare_pipes_.size() < spares)
        spare_pipes_.push_back(std::move(pipe));
}

}  // namespace sockbox::serve
