/** How a supervisor tells a member who it is. `memberOptions` reads them. */
export const INSTANCE_VARIABLE = 'MILLRACE_INSTANCE'
export const STATE_DIR_VARIABLE = 'MILLRACE_STATE_DIR'
