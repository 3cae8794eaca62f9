;; wasi:filesystem/preopens, denied: no directories.
(module
  ;; All zero: an empty list.
  (memory (export "memory") 1)
  (func (export "wasi:filesystem/preopens@VERSION#get-directories") (result i32)
    (i32.const 0))
)
