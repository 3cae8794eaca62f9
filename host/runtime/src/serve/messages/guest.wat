;; Takes a message. What it does is decided by the first letter: "t" traps, "s" is stuck, "e" is answered with an error; all else is fine.
(module
  (memory (export "memory") 1)
  ;; For one short message.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (data (i32.const 16) "no")
  (func (export "spin:redis/inbound-redis@3.0.0#handle-message") (param $message i32) (param $length i32) (result i32)
    (local $letter i32)
    (local.set $letter (i32.load8_u (local.get $message)))
    (if (i32.eq (local.get $letter) (i32.const 116)) (then (unreachable)))
    (if (i32.eq (local.get $letter) (i32.const 115)) (then (loop (br 0))))
    ;; An error, "other", of two bytes; or none.
    (i32.store8 (i32.const 32) (i32.eq (local.get $letter) (i32.const 101)))
    (i32.store8 (i32.const 36) (i32.const 3))
    (i32.store (i32.const 40) (i32.const 16))
    (i32.store (i32.const 44) (i32.const 2))
    (i32.const 32)))
