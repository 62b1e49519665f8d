// Images by a BPF iterator over the thread's descriptors: Documentation/bpf/bpf_iterators.rst.
#include "net/socket_images.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cstring>
#include <new>

#include "net/descriptor_programs_linux.h"

namespace sockbox::net {
namespace {

std::size_t record_size(const KernelLayout& layout) {
    return sizeof(ImageHead) + layout.image_size();
}

tl::unexpected<Error> refused(std::errc code, std::string_view why) {
    return fail({platform::error_of(code), "run", "a BPF program", std::string(why), {}});
}

}  // namespace

Result<SocketImages> SocketImages::open() {
    const KernelLayout* layout = KernelLayout::of_this_kernel();
    if (layout == nullptr)
        return refused(std::errc::not_supported, "the kernel's layout is not known");
    const auto size = static_cast<std::uint32_t>(record_size(*layout));
    const Socket room(::bpf_map_create(BPF_MAP_TYPE_ARRAY, "sockbox_image", sizeof(std::uint32_t),
                                       size, 1, nullptr));
    if (!room.valid())
        return fail_last("create", "a BPF map");
    const int thread = ::gettid();
    auto program = attach(copy_tcp_sockets(room.native(), *layout), *layout, thread);
    if (!program)
        return fail(program.error());
    return SocketImages(*layout, std::move(*program), thread);
}

Status SocketImages::take(Images& images) const {
    if (::gettid() != thread_)  // whose descriptors may be others
        return refused(std::errc::operation_not_permitted, "it is another thread's");
    const auto run = DescriptorRun::start(program_);
    if (!run)
        return fail(run.error());
    images.record_size_ = record_size(*layout_);
    images.filled_ = 0;
    for (;;) {
        if (!images.make_room(DescriptorRun::most_at_once))
            return refused(std::errc::not_enough_memory, "no memory for what it tells");
        const auto got = run->read(std::span(images.records_).subspan(images.filled_));
        if (!got)
            return fail(got.error());
        if (*got == 0)
            return {};
        images.filled_ += *got;
    }
}

bool Images::make_room(std::size_t bytes) {
    try {
        if (records_.size() < filled_ + bytes)
            records_.resize(filled_ + 2 * bytes);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

SocketImage Images::of(const Socket& socket) const noexcept {
    for (std::size_t at = 0; at + record_size_ <= filled_; at += record_size_) {
        ImageHead head;
        std::memcpy(&head, &records_[at], sizeof head);
        if (head.descriptor == static_cast<std::uint64_t>(socket.native()))
            return std::span(records_).subspan(at + sizeof head, record_size_ - sizeof head);
    }
    return {};
}

}  // namespace sockbox::net
