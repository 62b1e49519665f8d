// Objects as bytes, in the form in which the system takes and returns them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace sockbox::net {

// The object representation of a trivially copyable object, and back. `bytes` may be shorter than
// the object, whose rest is then zero, or longer.
template <class Object>
std::vector<std::byte> to_bytes(const Object& object) {
    const auto* first = static_cast<const std::byte*>(static_cast<const void*>(&object));
    return {first, first + sizeof object};
}
template <class Object>
Object from_bytes(std::span<const std::byte> bytes) {
    Object object{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), sizeof object),
                static_cast<std::byte*>(static_cast<void*>(&object)));
    return object;
}

}  // namespace sockbox::net
