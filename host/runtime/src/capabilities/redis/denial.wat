;; spin:redis, denied: `open` always answers `other`, so there is never a connection to call the rest on.
(module
  (memory (export "memory") 1)
  ;; err(other("\"spin:redis/redis\" is not permitted"))
  (data (i32.const 0) "\01\00\00\00\03\00\00\00\10\00\00\00\23\00\00\00")
  (data (i32.const 16) "\22spin:redis/redis\22 is not permitted")
  ;; Arguments are not looked at: they may all lie over each other, past the answer.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (block $fits
      (loop $grow
        (br_if $fits
          (i32.le_u (i32.add (i32.const 64) (local.get $size)) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
        (unreachable)))
    (i32.const 64))
  (func (export "spin:redis/redis@3.0.0#[static]connection.open") (param i32 i32) (result i32)
    (i32.const 0))
  (func $never-3
    (export "spin:redis/redis@3.0.0#[method]connection.get")
    (export "spin:redis/redis@3.0.0#[method]connection.incr")
    (export "spin:redis/redis@3.0.0#[method]connection.del")
    (export "spin:redis/redis@3.0.0#[method]connection.smembers")
    (param i32 i32 i32) (result i32)
    (unreachable))
  (func $never-5
    (export "spin:redis/redis@3.0.0#[method]connection.publish")
    (export "spin:redis/redis@3.0.0#[method]connection.set")
    (export "spin:redis/redis@3.0.0#[method]connection.sadd")
    (export "spin:redis/redis@3.0.0#[method]connection.srem")
    (export "spin:redis/redis@3.0.0#[method]connection.execute")
    (param i32 i32 i32 i32 i32) (result i32)
    (unreachable))
)
