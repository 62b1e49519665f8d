// Keeps a few pages, and a pipe.
#include "serve/engines/readiness/buffer_pool.h"

#include <utility>

namespace sockbox::serve {
namespace {

// Kept for the next slow peers.
constexpr std::size_t spare_pages = 16;

}  // namespace

BufferPool::BufferPool() : buffer_(net::allocate_pages(buffer_bytes)) {
    spare_pages_.reserve(spare_pages);
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
    if (spare_pages_.size() < spare_pages)
        spare_pages_.push_back(std::move(pages));
}

BulkPipe* BufferPool::pipe() noexcept {
    if (pipe_ == nullptr)
        pipe_ = BulkPipe::create();
    return pipe_.get();
}

std::unique_ptr<BulkPipe> BufferPool::take_pipe() noexcept {
    ++pipes_taken_;
    return std::move(pipe_);
}

// Keeps one pipe, because others cost descriptors; one with bytes of a connection that has ended is
// of no use.
void BufferPool::give_back(std::unique_ptr<BulkPipe> pipe) noexcept {
    --pipes_taken_;
    if (pipe->empty() && pipe_ == nullptr)
        pipe_ = std::move(pipe);
}

}  // namespace sockbox::serve
