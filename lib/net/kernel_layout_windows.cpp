// Windows shows nobody the memory of its sockets.
#include "net/kernel_layout.h"

namespace sockbox::net {

const KernelLayout* KernelLayout::of_this_kernel() {
    return nullptr;
}

const OptionPlace* KernelLayout::place_of(const OptionRow& /*row*/) const noexcept {
    return nullptr;
}

}  // namespace sockbox::net
