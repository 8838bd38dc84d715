/**
 * An unsigned number of 64 bits that is changed in place, as two halves of 32: for hashes, where a BigInt a
 * step would cost more than the step. All results are modulo 2^64.
 */
export class Uint64 {
  hi: number
  lo: number

  constructor(hi: number, lo: number) {
    this.hi = hi
    this.lo = lo
  }

  add({ hi, lo }: Uint64): void {
    const sum = (this.lo >>> 0) + (lo >>> 0)
    this.hi = (this.hi + hi + (sum > 0xffff_ffff ? 1 : 0)) | 0
    this.lo = sum | 0
  }

  xor({ hi, lo }: Uint64): void {
    this.hi ^= hi
    this.lo ^= lo
  }

  /** The low halves as a product of digits of 16 bits, which fit a number; of the high ones only the low part counts. */
  multiply({ hi, lo }: Uint64): void {
    const a0 = this.lo & 0xffff
    const a1 = this.lo >>> 16
    const b0 = lo & 0xffff
    const b1 = lo >>> 16
    const low = a0 * b0
    const middle = a1 * b0 + (low >>> 16)
    const upper = a0 * b1 + (middle & 0xffff)
    const carry = a1 * b1 + (middle >>> 16) + (upper >>> 16)
    this.hi = (carry + Math.imul(this.hi, lo) + Math.imul(this.lo, hi)) | 0
    this.lo = (upper << 16) | (low & 0xffff)
  }

  /** `bits` is from 1 to 63, and not 32. */
  rotateLeft(bits: number): void {
    const [high, low] = bits < 32 ? [this.hi, this.lo] : [this.lo, this.hi]
    const by = bits & 31
    this.hi = (high << by) | (low >>> (32 - by))
    this.lo = (low << by) | (high >>> (32 - by))
  }

  /** Xors itself with itself shifted right by 33 bits. */
  xorShift33(): void {
    this.lo ^= this.hi >>> 1
  }
}
