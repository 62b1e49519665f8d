// An object that a process shares with the children it forks.
#pragma once

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "system/result.h"

namespace sockbox::net {

// Zeroed memory that a forked child sees changing; null where there is none. Windows has no fork,
// and any memory will do there.
void* map_shared(std::size_t bytes) noexcept;
void unmap_shared(void* memory, std::size_t bytes) noexcept;

// Owns a T. Only what is lock-free may be written by several processes. A child never destroys
// what it inherited.
template <class T>
class Shared {
  public:
    static_assert(std::is_trivially_destructible_v<T>);

    // Fails with std::errc::not_enough_memory.
    static Result<Shared> create() {
        void* memory = map_shared(sizeof(T));
        if (memory == nullptr)
            return fail_last("map shared memory");
        return Shared(new (memory) T());
    }

    T& operator*() const noexcept { return *object_; }
    T* operator->() const noexcept { return object_.get(); }

  private:
    struct Unmap {
        void operator()(T* object) const noexcept { unmap_shared(object, sizeof(T)); }
    };
    explicit Shared(T* object) noexcept : object_(object) {}

    std::unique_ptr<T, Unmap> object_;
};

}  // namespace sockbox::net
